// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: reads Python's pickles as data. Nothing that a pickle asks for is imported or called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mixer::checkpoint {

enum class PickleKind : std::uint8_t {
    None,
    Bool,
    Int,
    BigInt,  ///< beyond 64 bits: `text` is "0x..." or decimal digits
    Float,
    String,  ///< valid UTF-8
    Bytes,
    List,
    Tuple,
    Dict,        ///< also OrderedDict and defaultdict: `items` are keys and values by turns, as they were set
    Set,         ///< also frozenset
    Global,      ///< a name that Python would import: `text` is "module.name"
    Object,      ///< what calling `callable` with `args` would make; not called
    Persistent,  ///< what the program outside the pickle knows by the key `args`: a tensor's storage
};

using PickleId = std::uint32_t;
constexpr PickleId kNoValue = 0xFFFFFFFF;

/// One node. Values refer to each other by number, so that cycles and deep nesting cost neither leaks nor recursion.
struct PickleValue {
    PickleKind kind = PickleKind::None;
    bool isMapping = false;  ///< an Object's items are keys and values by turns
    PickleId callable = kNoValue;
    PickleId args = kNoValue;
    PickleId state = kNoValue;  ///< what __setstate__ would get; also of a Dict (a state_dict's _metadata)
    union {
        std::int64_t integer = 0;  ///< Int, Bool
        double number;             ///< Float
    };
    std::string_view text;        ///< lies in the pickle's bytes or in Pickle::texts
    std::vector<PickleId> items;  ///< of a List, Tuple, Dict, Set; what was appended to or set in an Object
};

/// A name that a pickle refers to.
struct GlobalUse {
    std::uint64_t references = 0;
    std::uint64_t calls = 0;  ///< how often Python's unpickler would call it
};

/// A pickle as a graph. Shared and self-containing values keep their number: who walks it must bound depth and steps.
struct Pickle {
    std::deque<PickleValue> values;
    std::deque<std::string> texts;
    PickleId root = kNoValue;
    std::uint64_t bytes = 0;  ///< that the pickle took, its STOP included
    std::map<std::string, GlobalUse> globals;

    const PickleValue& operator[](PickleId id) const { return values[id]; }
};

/// Reads one pickle of protocol 0 to 5 from the front of `bytes`, which must outlive the result. Bounded before
/// anything grows: 2^21 values, 2^24 links between them, 2^21 memo entries. Throws Error(Format), with messages that
/// begin with `origin`, when it is malformed, over the bounds, or needs what only a Python process has (extension
/// codes, out-of-band buffers).
Pickle readPickle(std::string_view bytes, const std::string& origin);

}  // namespace mixer::checkpoint
