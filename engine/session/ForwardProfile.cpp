// SPDX-License-Identifier: MIT
#include "engine/session/ForwardProfile.h"

#include "engine/core/Error.h"
#include "engine/models/ForwardPass.h"

#include <ATen/record_function.h>

#include <cstring>
#include <numeric>
#include <string_view>

namespace mixer {

namespace {

thread_local ForwardProfile* t_profile = nullptr;

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

/// Of an operation by its name, ATen's ("aten::linear") or ours ("mixer::scan_set").
ForwardWork workOf(std::string_view name)
{
    if (contains(name, "scan"))
        return ForwardWork::Scans;
    if (contains(name, "conv"))
        return ForwardWork::Convolutions;
    if (contains(name, "norm"))
        return ForwardWork::Norms;
    for (const char* product : {"linear", "matmul", "aten::mm", "addmm", "bmm", "aten::mv", "addmv", "einsum"}) {
        if (contains(name, product))
            return ForwardWork::Projections;
    }
    return ForwardWork::Elementwise;
}

double milliseconds(std::chrono::steady_clock::duration time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

const char* sectionName(ForwardSection section)
{
    constexpr const char* names[kForwardSections] = {"stem", "token mixers", "channel mixers", "merging", "head"};
    return names[static_cast<std::size_t>(section)];
}

const char* workName(ForwardWork work)
{
    constexpr const char* names[kForwardWorks]
        = {"projections", "convolutions", "scans", "norms", "element-wise", "rest"};
    return names[static_cast<std::size_t>(work)];
}

double ForwardTimes::of(ForwardSection section) const
{
    const auto& works = parts[static_cast<std::size_t>(section)];
    return std::accumulate(works.begin(), works.end(), 0.0);
}

double ForwardTimes::of(ForwardWork work) const
{
    double sum = 0;
    for (const auto& works : parts)
        sum += works[static_cast<std::size_t>(work)];
    return sum;
}

/// LibTorch calls these before and after each operation of the thread.
struct ForwardProfileCallbacks {
    static bool isMixer(const char* scope)
    {
        return std::strcmp(scope, kTokenMixerScope) == 0 || std::strcmp(scope, kChannelMixerScope) == 0;
    }

    static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function)
    {
        if (function.scope() == at::RecordScope::FUNCTION) {
            t_profile->beginOperation(function.name());
        } else if (isMixer(function.name())) {
            t_profile->close(t_profile->m_between);
            t_profile->m_between = ForwardSection::Merging;
        }
        return nullptr;
    }

    static void end(const at::RecordFunction& function, at::ObserverContext*)
    {
        if (function.scope() == at::RecordScope::FUNCTION)
            t_profile->endOperation();
        else if (isMixer(function.name()))
            t_profile->close(std::strcmp(function.name(), kTokenMixerScope) == 0 ? ForwardSection::TokenMixers
                                                                                 : ForwardSection::ChannelMixers);
    }
};

ForwardProfile::ForwardProfile()
{
    if (t_profile)
        throw Error(ErrorKind::Usage, "this thread's operations are watched already");
    t_profile = this;
    m_callback = at::addThreadLocalCallback(
        at::RecordFunctionCallback(&ForwardProfileCallbacks::begin, &ForwardProfileCallbacks::end)
            .scopes({at::RecordScope::FUNCTION, at::RecordScope::USER_SCOPE}));
    m_openSince = Clock::now();
}

ForwardProfile::~ForwardProfile()
{
    at::removeCallback(m_callback);
    t_profile = nullptr;
}

void ForwardProfile::beginOperation(const char* name)
{
    if (m_depth++ > 0)
        return;
    m_work = workOf(name);
    m_operationStart = Clock::now();
}

void ForwardProfile::endOperation()
{
    if (--m_depth > 0)
        return;
    m_open[static_cast<std::size_t>(m_work)] += milliseconds(Clock::now() - m_operationStart);
}

void ForwardProfile::close(ForwardSection section)
{
    const Clock::time_point now = Clock::now();
    const double time = milliseconds(now - m_openSince);
    m_open[static_cast<std::size_t>(ForwardWork::Rest)] = time - std::accumulate(m_open.begin(), m_open.end(), 0.0);
    for (std::size_t i = 0; i < kForwardWorks; ++i)
        m_times.parts[static_cast<std::size_t>(section)][i] += m_open[i];
    m_times.milliseconds += time;
    m_open = {};
    m_openSince = now;
}

ForwardTimes ForwardProfile::finish()
{
    close(m_between == ForwardSection::Merging ? ForwardSection::Head : m_between);
    return m_times;
}

}  // namespace mixer
