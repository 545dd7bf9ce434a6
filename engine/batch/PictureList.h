// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"

#include <cstddef>
#include <istream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mixer {

struct ModelConfig;

/// The pictures that a batch runs over, in an order that does not depend on the machine. Each of `inputs` is a folder
/// (its pictures and those of the folders below, by name), a picture, "-" (names from `in`, one to a line), or a text
/// file of names, one to a line, as they would be written on the command line. Names are not looked at: what is not
/// there fails later, alone. Throws Error(File) for folders and lists that cannot be read, Error(Usage) when there is
/// no picture, Cancelled.
std::vector<std::string> listPictures(const std::vector<std::string>& inputs, std::istream& in,
                                      const CancelToken& cancel = {});

/// Part `number` of `count` (counted from 1), as 3/8 on the command line.
struct Shard {
    int number = 1;
    int count = 1;

    /// "3/8". Throws Error(Usage).
    static Shard parse(const std::string& text);
    /// Of so many pictures, the first and the one after the last that belong to it: parts are contiguous and differ by
    /// at most one, so that their results one after the other are the result of the whole.
    std::pair<std::size_t, std::size_t> range(std::size_t pictures) const;
};

/// Finds the class that a picture's folder is named after, whatever case and separators: "Tabby_cat" is "tabby-cat".
class FolderClasses {
public:
    explicit FolderClasses(const ModelConfig& config);
    /// -1: none.
    int of(const std::string& path) const;

private:
    std::unordered_map<std::string, int> m_classes;
};

}  // namespace mixer
