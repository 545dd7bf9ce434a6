// SPDX-License-Identifier: MIT
#include "engine/checkpoint/PickleStack.h"

#include "engine/checkpoint/PickleText.h"
#include "engine/core/Error.h"

#include <utility>

namespace mixer::checkpoint {

namespace {

// Far beyond real checkpoints (a state_dict takes about 40 values a tensor), far below what memory holds.
constexpr std::size_t kMaxValues = std::size_t{1} << 21;
constexpr std::size_t kMaxLinks = std::size_t{1} << 24;
constexpr std::size_t kMaxMemo = std::size_t{1} << 21;
constexpr std::size_t kMaxGlobals = std::size_t{1} << 14;

}  // namespace

void PickleStack::fail(const std::string& message) const
{
    throw Error(ErrorKind::Format,
                m_origin + "pickle, byte " + std::to_string(m_instruction) + ": " + message
                    + "; the file is damaged or not a checkpoint");
}

Pickle PickleStack::finish(std::uint64_t bytes)
{
    m_pickle.root = pop();
    m_pickle.bytes = bytes;
    return std::move(m_pickle);
}

PickleValue& PickleStack::make(PickleKind kind)
{
    if (m_pickle.values.size() == kMaxValues)
        fail("more than " + std::to_string(kMaxValues) + " values");
    push(static_cast<PickleId>(m_pickle.values.size()));
    m_pickle.values.emplace_back();
    m_pickle.values.back().kind = kind;
    return m_pickle.values.back();
}

void PickleStack::push(PickleId id)
{
    countLinks(1);  // nearly every link between values was pushed once
    m_stack.push_back(id);
}

void PickleStack::countLinks(std::size_t count)
{
    m_links += count;
    if (m_links > kMaxLinks)
        fail("more than " + std::to_string(kMaxLinks) + " links between values");
}

PickleId PickleStack::top() const
{
    if (m_stack.size() <= floor())
        fail("an instruction needs a value that is not there");
    return m_stack.back();
}

PickleId PickleStack::pop()
{
    const PickleId id = top();
    m_stack.pop_back();
    return id;
}

std::vector<PickleId> PickleStack::popCount(std::size_t count)
{
    if (m_stack.size() - floor() < count)
        fail("an instruction needs values that are not there");
    std::vector<PickleId> items(m_stack.end() - static_cast<std::ptrdiff_t>(count), m_stack.end());
    m_stack.resize(m_stack.size() - count);
    return items;
}

std::vector<PickleId> PickleStack::popToMark()
{
    if (m_marks.empty())
        fail("an instruction needs a mark that is not there");
    std::vector<PickleId> items = popCount(m_stack.size() - m_marks.back());
    m_marks.pop_back();
    return items;
}

std::string_view PickleStack::keep(std::string text)
{
    return m_pickle.texts.emplace_back(std::move(text));
}

void PickleStack::makeOf(PickleKind kind, std::vector<PickleId> items)
{
    make(kind).items = std::move(items);
}

std::vector<PickleId> PickleStack::pairs(std::vector<PickleId> items) const
{
    if (items.size() % 2 != 0)
        fail("a key without a value");
    return items;
}

void PickleStack::append(const std::vector<PickleId>& items, bool mapping)
{
    PickleValue& target = value(top());
    const bool isObject = target.kind == PickleKind::Object && (target.items.empty() || target.isMapping == mapping);
    const bool isList = target.kind == PickleKind::List || target.kind == PickleKind::Set;
    if (!isObject && !(mapping ? target.kind == PickleKind::Dict : isList))
        fail("items are put into a value that takes none");
    target.isMapping = mapping && target.kind == PickleKind::Object;
    target.items.insert(target.items.end(), items.begin(), items.end());
}

// Python numbers them from 0 on, so a table does; no chosen number can make it larger than its bound.
void PickleStack::memoize(std::uint64_t index)
{
    if (index >= kMaxMemo)
        fail("memo entry " + std::to_string(index) + "; at most " + std::to_string(kMaxMemo) + " are read");
    if (index >= m_memo.size())
        m_memo.resize(static_cast<std::size_t>(index) + 1, kNoValue);
    PickleId& entry = m_memo[static_cast<std::size_t>(index)];
    m_memoized += entry == kNoValue ? 1 : 0;
    entry = top();
}

void PickleStack::recall(std::uint64_t index)
{
    if (index >= m_memo.size() || m_memo[static_cast<std::size_t>(index)] == kNoValue)
        fail("memo entry " + std::to_string(index) + " was never set");
    push(m_memo[static_cast<std::size_t>(index)]);
}

void PickleStack::pushGlobal(const std::string& text)
{
    if (!isUtf8(text))
        fail("a name that is not UTF-8");
    const auto entry = m_pickle.globals.try_emplace(text).first;
    if (m_pickle.globals.size() > kMaxGlobals)
        fail("more than " + std::to_string(kMaxGlobals) + " names to import");
    ++entry->second.references;
    make(PickleKind::Global).text = entry->first;
}

void PickleStack::noteCall(PickleId callable)
{
    if (value(callable).kind == PickleKind::Global)
        ++m_pickle.globals[std::string(value(callable).text)].calls;
}

void PickleStack::setState()
{
    const PickleId state = pop();
    PickleValue& target = value(top());
    if (target.kind == PickleKind::Object)
        noteCall(target.callable);
    else if (target.kind != PickleKind::Dict)
        fail("a state for a value that has none");
    target.state = state;
}

// Dictionaries and sets in disguise become what they are; all else stays a call that is not made.
void PickleStack::pushObject(PickleId callable, PickleId args)
{
    noteCall(callable);
    if (value(args).kind != PickleKind::Tuple)
        fail("a call whose arguments are no tuple");
    const std::string_view text = value(callable).kind == PickleKind::Global ? value(callable).text : "";
    const std::vector<PickleId>& arguments = value(args).items;
    if (text == "collections.OrderedDict" || text == "builtins.dict" || text == "collections.defaultdict") {
        pushDict(arguments);
        return;
    }
    const bool isSet = text == "builtins.set" || text == "builtins.frozenset" || text == "__builtin__.set"
        || text == "__builtin__.frozenset";
    if (isSet && arguments.size() == 1 && value(arguments[0]).kind == PickleKind::List) {
        const std::vector<PickleId>& items = value(arguments[0]).items;
        countLinks(items.size());
        makeOf(PickleKind::Set, items);
        return;
    }
    PickleValue& object = make(PickleKind::Object);
    object.callable = callable;
    object.args = args;
}

// OrderedDict(), OrderedDict([[key, value], ...]) as Python 2 wrote it, defaultdict(factory).
void PickleStack::pushDict(const std::vector<PickleId>& arguments)
{
    std::vector<PickleId> items;
    if (arguments.size() == 1 && value(arguments[0]).kind == PickleKind::List) {
        for (const PickleId pair : value(arguments[0]).items) {
            if (value(pair).items.size() != 2)
                fail("a dictionary's entry that is no pair");
            countLinks(2);
            items.insert(items.end(), value(pair).items.begin(), value(pair).items.end());
        }
    }
    makeOf(PickleKind::Dict, std::move(items));
}

void PickleStack::mark()
{
    countLinks(1);
    m_marks.push_back(m_stack.size());
}

void PickleStack::drop()
{
    if (m_stack.size() == floor() && !m_marks.empty())
        m_marks.pop_back();
    else
        pop();
}

}  // namespace mixer::checkpoint
