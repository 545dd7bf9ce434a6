// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace mixer {

/// What people should know about how a file was understood.
struct Remark {
    enum class Kind {
        Note,     ///< a fact: where the tensors were found, what the shapes told
        Guess,    ///< what neither the file nor its shapes told, and was assumed or taken from a default
        Ignored,  ///< something in the file that was not understood and has no effect
    };
    Kind kind = Kind::Note;
    std::string text;

    bool operator==(const Remark& other) const { return kind == other.kind && text == other.text; }
};
using Remarks = std::vector<Remark>;

/// "note", "guess", "ignored".
inline std::string remarkKindName(Remark::Kind kind)
{
    return kind == Remark::Kind::Note ? "note" : kind == Remark::Kind::Guess ? "guess" : "ignored";
}

}  // namespace mixer
