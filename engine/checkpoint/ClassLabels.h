// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace mixer {

/// Names of the classes 0 to classCount - 1 from a file: lines of text (.txt and any other ending; WordNet numbers
/// before all names are left out), JSON (.json: a list of names, of [number, name], an object of those by index, an
/// object of indices by name; also under "id2label" or "labels"), or a table (.csv: names; index and name; with or
/// without a header). Every class must get one name. Throws Error(File or Format) that says what was expected.
std::vector<std::string> readLabels(const std::string& path, int classCount);

/// The same from memory; the ending of `name`, which also begins every message, tells the kind.
std::vector<std::string> parseLabels(const std::string& text, const std::string& name, int classCount);

/// The 1000 names of ImageNet-1k (ILSVRC 2012) in the order of their indices.
const std::vector<std::string>& imageNetLabels();

}  // namespace mixer
