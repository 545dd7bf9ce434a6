// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: what Python's unpickler keeps while it reads, and what the instructions do to it. Calls
// are noted, none is made.
#pragma once

#include "engine/checkpoint/Unpickler.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mixer::checkpoint {

/// The values of a pickle, their stack with its marks, and the memo. Every growth is checked against a bound first;
/// whatever is wrong throws Error(Format) that begins with the origin and names the instruction's place.
class PickleStack {
public:
    explicit PickleStack(std::string origin)
        : m_origin(std::move(origin))
    {
    }

    /// `position`: of the instruction that follows, for messages.
    void beginInstruction(std::size_t position) { m_instruction = position; }
    [[noreturn]] void fail(const std::string& message) const;
    /// The pickle of `bytes` bytes, the last value its root.
    Pickle finish(std::uint64_t bytes);

    /// A new value, pushed. The reference holds: values never move.
    PickleValue& make(PickleKind kind);
    void makeOf(PickleKind kind, std::vector<PickleId> items);
    PickleValue& value(PickleId id) { return m_pickle.values[id]; }
    /// Owns a text that does not stand in the pickle's bytes as such.
    std::string_view keep(std::string text);

    void push(PickleId id);
    PickleId top() const;
    PickleId pop();
    std::vector<PickleId> popCount(std::size_t count);
    void mark();
    std::vector<PickleId> popToMark();
    /// POP: the top value, or the mark where nothing lies above it.
    void drop();

    /// Checks that items are keys and values by turns.
    std::vector<PickleId> pairs(std::vector<PickleId> items) const;
    /// Puts items into the container on top. `mapping`: keys and values by turns.
    void append(const std::vector<PickleId>& items, bool mapping);

    void memoize(std::uint64_t index);  ///< the top value
    void memoizeNext() { memoize(m_memoized); }
    void recall(std::uint64_t index);

    void pushGlobal(const std::string& name);
    /// What `callable` would make of `args`; dictionaries and sets in disguise become what they are.
    void pushObject(PickleId callable, PickleId args);
    /// BUILD: the top value becomes the state of the one below.
    void setState();

private:
    void countLinks(std::size_t count);
    std::size_t floor() const { return m_marks.empty() ? 0 : m_marks.back(); }
    void noteCall(PickleId callable);
    void pushDict(const std::vector<PickleId>& arguments);

    std::string m_origin;
    std::size_t m_instruction = 0;
    std::size_t m_links = 0;
    std::vector<PickleId> m_stack;
    std::vector<std::size_t> m_marks;
    std::vector<PickleId> m_memo;
    std::size_t m_memoized = 0;
    Pickle m_pickle;
};

}  // namespace mixer::checkpoint
