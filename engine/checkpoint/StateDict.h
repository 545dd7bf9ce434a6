// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: finds the tensors in what torch.save or torch.jit.save wrote.
#pragma once

#include "engine/checkpoint/StorageViews.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

namespace mixer::checkpoint {

/// Reads a pickle's tensors into TensorContents, in their order, under dotted names: those of the root, or, where the
/// root is a dictionary with one of them, those under `model`, `model_ema`, `state_dict` or another usual name, in this
/// order and again inside. What else lies beside them becomes metadata (settings, as JSON) or a note. Whole networks
/// and TorchScript objects are read as the tree of their attributes.
///
/// Bounded: 2^20 steps, depth 64, 2^18 tensors, 32 MiB of names. Throws Error(Format).
class StateDict {
public:
    StateDict(const Pickle& pickle, StorageViews* views, TensorContents* contents, const std::string& origin);
    void read();

private:
    using Entries = std::vector<PickleId>;  // keys and values by turns

    const Entries* entries(PickleId id) const;
    PickleId find(const Entries& entries, std::string_view key) const;
    bool isModule(PickleId id) const;
    bool isScript(PickleId id) const;
    bool holdsTensors(PickleId id);
    std::string_view wrapper(const Entries& entries);
    bool isBeside(std::string_view key, PickleId id);

    void collect(PickleId id, const std::string& name, int depth);
    void collectEntries(const Entries& entries, const std::string& name, int depth);
    void collectModule(PickleId id, const std::string& name, int depth);
    void addTensor(PickleId id, const std::string& name);
    void setAside(const std::string& name, PickleId id);
    void describe(const std::string& key, PickleId id);
    void finish(const std::string& path);
    std::string keyText(PickleId key) const;
    [[noreturn]] void fail(const std::string& message) const;

    const Pickle& m_pickle;
    PickledTensors m_reader;
    StorageViews* m_views;
    TensorContents* m_contents;
    std::string m_origin;
    std::map<PickleId, std::size_t> m_read;  ///< values that several names share
    std::set<std::string> m_names;
    std::vector<std::string> m_besides;  ///< what lies beside the tensors, the first of it
    std::size_t m_besideCount = 0;
    std::vector<std::string> m_unread;  ///< values among the tensors that are none, the first of them
    std::size_t m_unreadCount = 0;
    std::size_t m_nameBytes = 0;
    int m_steps = 0;
    std::size_t m_lookSteps = 0;
    std::unordered_set<PickleId> m_tensorless;  ///< values known to hold no tensor, nor anything in them
};

}  // namespace mixer::checkpoint
