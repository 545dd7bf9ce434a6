// SPDX-License-Identifier: MIT
#include "engine/checkpoint/StateDict.h"

#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/PickleJson.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <array>

namespace mixer::checkpoint {

namespace {

constexpr std::array<std::string_view, 8> kWrappers = {
    "model", "model_ema", "state_dict", "model_state_dict", "model_state", "state_dict_ema", "ema_state_dict", "ema"};
constexpr int kMaxWraps = 4;
constexpr int kMaxDepth = 64;
constexpr int kMaxSteps = 1 << 20;
constexpr std::size_t kMaxLookSteps = 1 << 22;  // in search of first tensors, all searches together
constexpr std::size_t kMaxTensors = std::size_t{1} << 18;
constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxNameBytes = std::size_t{32} << 20;
constexpr std::size_t kMaxNamed = 12;  // in a note
constexpr std::size_t kMaxBesides = 256;
constexpr std::size_t kMaxSettings = std::size_t{64} << 10;
constexpr std::size_t kMaxConfig = std::size_t{1} << 20;

/// The dotted name of an entry.
std::string joined(const std::string& name, const std::string& key)
{
    if (name.empty())
        return key;
    std::string path = name;
    path += '.';
    path += key;
    return path;
}

std::string listed(const std::vector<std::string>& names, std::size_t count)
{
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text + (count > names.size() ? " and " + std::to_string(count - names.size()) + " more" : "");
}

}  // namespace

StateDict::StateDict(const Pickle& pickle, StorageViews* views, TensorContents* contents, const std::string& origin)
    : m_pickle(pickle)
    , m_reader(pickle, origin)
    , m_views(views)
    , m_contents(contents)
    , m_origin(origin)
{
}

void StateDict::read()
{
    PickleId tree = m_reader.unwrapped(m_pickle.root);
    std::string path;
    for (int i = 0; i < kMaxWraps; ++i) {
        const Entries* const level = isScript(tree) ? nullptr : entries(tree);
        const std::string_view used = level != nullptr ? wrapper(*level) : std::string_view();
        if (used.empty())
            break;
        for (std::size_t at = 0; at < level->size(); at += 2) {
            if (m_pickle[(*level)[at]].text != used)
                describe(keyText((*level)[at]), (*level)[at + 1]);
        }
        tree = m_reader.unwrapped(find(*level, used));
        path += (path.empty() ? "" : ".") + std::string(used);
    }
    collect(tree, "", 0);
    if (isModule(tree))
        m_contents->notes.push_back("the file holds a whole pickled network, "
                                    + inQuotes(std::string(m_reader.callee(tree)))
                                    + "; its tensors were read as data, its code was not run");
    finish(path);
}

void StateDict::finish(const std::string& path)
{
    if (!path.empty())
        m_contents->notes.push_back("the tensors are those under " + inQuotes(path));
    if (!m_besides.empty()) {
        m_besides.resize(std::min(m_besides.size(), kMaxNamed));
        m_contents->notes.push_back("beside the tensors the file holds " + listed(m_besides, m_besideCount));
    }
    if (m_unreadCount > 0)
        m_contents->notes.push_back("not read, because they are no dense tensors: " + listed(m_unread, m_unreadCount));
}

// Of dictionaries, and of objects that are dictionaries or whose attributes count as such; null for all others.
const StateDict::Entries* StateDict::entries(PickleId id) const
{
    const PickleValue& value = m_pickle[id];
    if (value.kind == PickleKind::Dict || (value.kind == PickleKind::Object && value.isMapping))
        return &value.items;
    return isScript(id) ? &m_pickle[value.state].items : nullptr;
}

// The last one of that name, as in Python, where a later one replaces it.
PickleId StateDict::find(const Entries& entries, std::string_view key) const
{
    for (std::size_t at = entries.size(); at >= 2; at -= 2) {
        const PickleValue& candidate = m_pickle[entries[at - 2]];
        if (candidate.kind == PickleKind::String && candidate.text == key)
            return entries[at - 1];
    }
    return kNoValue;
}

bool StateDict::isScript(PickleId id) const
{
    const PickleValue& value = m_pickle[id];
    return m_reader.callee(id).substr(0, 10) == "__torch__." && value.state != kNoValue
        && m_pickle[value.state].kind == PickleKind::Dict;
}

bool StateDict::isModule(PickleId id) const
{
    const PickleValue& value = m_pickle[id];
    return value.kind == PickleKind::Object && value.state != kNoValue && m_pickle[value.state].kind == PickleKind::Dict
        && find(m_pickle[value.state].items, "_parameters") != kNoValue;
}

// Every value is looked into once, however many others share it: where there is nothing, for good.
bool StateDict::holdsTensors(PickleId id)
{
    std::vector<PickleId> open{id};
    std::unordered_set<PickleId> seen;
    while (!open.empty()) {
        const PickleId next = m_reader.unwrapped(open.back());
        open.pop_back();
        if (m_reader.isTensor(next))
            return true;
        if (m_tensorless.count(next) > 0 || !seen.insert(next).second)
            continue;
        const PickleValue& value = m_pickle[next];
        const Entries* children = entries(next);
        if (children == nullptr && isModule(next))
            children = &m_pickle[value.state].items;
        if (children == nullptr && (value.kind == PickleKind::List || value.kind == PickleKind::Tuple))
            children = &value.items;
        if (children == nullptr)
            continue;
        m_lookSteps += children->size();
        if (m_lookSteps > kMaxLookSteps)
            fail("its tensors are spread over more than " + std::to_string(kMaxLookSteps) + " values");
        open.insert(open.end(), children->rbegin(), children->rend());
    }
    m_tensorless.insert(seen.begin(), seen.end());
    return false;
}

// The key of kWrappers under which the tensors lie; empty when they do not.
std::string_view StateDict::wrapper(const Entries& entries)
{
    for (const std::string_view key : kWrappers) {
        const PickleId id = find(entries, key);
        if (id != kNoValue && !m_reader.isTensor(id) && holdsTensors(id))
            return key;
    }
    return {};
}

// Whether an entry at the top is not one of the weights: settings, and the state of training.
bool StateDict::isBeside(std::string_view key, PickleId id)
{
    const bool isAnyTensor = m_reader.isTensor(id) || m_reader.callee(id).substr(0, 22) == "torch._utils._rebuild_";
    if (isAnyTensor || m_pickle[id].kind == PickleKind::None || m_contents->container == Container::TorchScript)
        return false;
    const bool training = key.find("optim") != std::string_view::npos || key.find("scheduler") != std::string_view::npos
        || key.find("scaler") != std::string_view::npos;
    return training || key == "mixer_config" || !holdsTensors(id);
}

void StateDict::collect(PickleId id, const std::string& name, int depth)
{
    if (depth > kMaxDepth)
        fail("values are nested deeper than " + std::to_string(kMaxDepth) + " levels or contain themselves, at "
             + inQuotes(name));
    if (name.size() > kMaxName)
        fail("the name " + inQuotes(name) + " is longer than " + std::to_string(kMaxName) + " bytes");
    if (++m_steps > kMaxSteps)
        fail("its tensors are spread over more than " + std::to_string(kMaxSteps) + " values");
    id = m_reader.unwrapped(id);
    const PickleValue& value = m_pickle[id];
    if (m_reader.isTensor(id)) {
        addTensor(id, name);
    } else if (const Entries* const children = entries(id)) {
        collectEntries(*children, name, depth);
    } else if (isModule(id)) {
        collectModule(id, name, depth);
    } else if (value.kind == PickleKind::List || value.kind == PickleKind::Tuple) {
        for (std::size_t i = 0; i < value.items.size(); ++i)
            collect(value.items[i], name + (name.empty() ? "" : ".") + std::to_string(i), depth + 1);
    } else {
        setAside(name, id);
    }
}

void StateDict::collectEntries(const Entries& entries, const std::string& name, int depth)
{
    for (std::size_t at = 0; at < entries.size(); at += 2) {
        const std::string key = keyText(entries[at]);
        const PickleId id = entries[at + 1];
        if (depth == 0 && isBeside(key, id))
            describe(key, id);
        else
            collect(id, joined(name, key), depth + 1);
    }
}

// A network keeps its parameters, buffers and parts in three dictionaries, whose names are not part of its tensors'.
void StateDict::collectModule(PickleId id, const std::string& name, int depth)
{
    for (const std::string_view kind : {"_parameters", "_buffers", "_modules"}) {
        const PickleId part = find(m_pickle[m_pickle[id].state].items, kind);
        const Entries* const children = part == kNoValue ? nullptr : entries(part);
        if (children != nullptr)
            collectEntries(*children, name, depth + 1);
    }
}

void StateDict::addTensor(PickleId id, const std::string& name)
{
    m_nameBytes += name.size();
    if (m_nameBytes > kMaxNameBytes)
        fail("the names of its tensors are together longer than " + std::to_string(kMaxNameBytes) + " bytes");
    if (m_contents->tensors.size() == kMaxTensors)
        fail("it names more than " + std::to_string(kMaxTensors) + " tensors");
    if (!m_names.insert(name).second)
        fail("two tensors have the name " + inQuotes(name));
    const auto [entry, isNew] = m_read.try_emplace(id, m_contents->tensors.size());
    if (isNew) {
        m_contents->tensors.push_back(m_views->view(m_reader.tensor(id, name), name));
    } else {
        TensorInfo copy = m_contents->tensors[entry->second];
        copy.name = name;
        m_contents->tensors.push_back(std::move(copy));
    }
}

// Absent parameters and TorchScript's flags are nothing to tell.
void StateDict::setAside(const std::string& name, PickleId id)
{
    const PickleKind kind = m_pickle[id].kind;
    const bool isScalar = kind == PickleKind::Bool || kind == PickleKind::Int || kind == PickleKind::Float
        || kind == PickleKind::String;
    if (kind == PickleKind::None || (isScalar && m_contents->container == Container::TorchScript))
        return;
    if (++m_unreadCount <= kMaxNamed)
        m_unread.push_back(name.empty() ? "the value itself" : inQuotes(name));
}

// A thing beside the tensors: text as it is, other settings as JSON, tensors as a note only.
void StateDict::describe(const std::string& key, PickleId id)
{
    const bool isConfig = key == "mixer_config";
    if (m_contents->metadata.count(key) > 0 || (!isConfig && ++m_besideCount > kMaxBesides))
        return;
    const bool isArray = m_reader.callee(id).substr(0, 6) == "numpy.";  // short ones are settings: mean, std
    if (!isArray && holdsTensors(id)) {
        m_besides.push_back(inQuotes(key) + " (tensors, not read)");
        return;
    }
    const std::size_t limit = isConfig ? kMaxConfig : kMaxSettings;
    const PickleValue& value = m_pickle[id];
    std::optional<std::string> text;
    if (value.kind != PickleKind::String)
        text = pickleJson(m_pickle, id, limit);
    else if (value.text.size() <= limit)
        text = std::string(value.text);
    if (isConfig && !text)
        fail("mixer_config is longer than " + std::to_string(kMaxConfig) + " bytes or nested too deeply");
    if (!isConfig)
        m_besides.push_back(inQuotes(key) + (text ? "" : " (too long to show)"));
    if (text)
        m_contents->metadata.emplace(key, std::move(*text));
}

std::string StateDict::keyText(PickleId key) const
{
    const PickleValue& value = m_pickle[key];
    if (value.kind == PickleKind::String || value.kind == PickleKind::BigInt)
        return std::string(value.text.substr(0, kMaxName + 1));
    return value.kind == PickleKind::Int ? std::to_string(value.integer) : "?";
}

void StateDict::fail(const std::string& message) const
{
    throw Error(ErrorKind::Format, m_origin + message);
}

}  // namespace mixer::checkpoint
