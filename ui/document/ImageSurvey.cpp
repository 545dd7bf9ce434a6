// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ImageSurvey.h"

#include "visualizers/FigureRun.h"

#include <algorithm>

namespace mixer::ui {

namespace {

const QString kTag = QStringLiteral("survey");
/// Thumbnails asked for and scrolled away since are not made.
constexpr std::size_t kMostWanted = 64;

}  // namespace

ImageSurvey::ImageSurvey(ImageListModel* images, InferenceWorker* worker, QObject* parent)
    : QObject(parent)
    , m_images(images)
    , m_worker(worker)
{
    // Queued: a view asks while it paints.
    connect(images, &ImageListModel::thumbnailWanted, this, &ImageSurvey::onThumbnailWanted, Qt::QueuedConnection);
}

void ImageSurvey::setSession(const std::shared_ptr<const InferenceSession>& session)
{
    m_session = session;
    m_next = 0;
}

void ImageSurvey::forgetRows()
{
    ++m_list;
    m_wanted.clear();
    m_next = 0;
}

void ImageSurvey::onThumbnailWanted(int row)
{
    if (row >= m_images->count() || m_images->hasThumbnail(row) || (!m_wanted.empty() && m_wanted.front() == row))
        return;
    m_wanted.erase(std::remove(m_wanted.begin(), m_wanted.end(), row), m_wanted.end());
    m_wanted.push_front(row);
    if (m_wanted.size() > kMostWanted)
        m_wanted.pop_back();
    resume();
}

bool ImageSurvey::isDone(int row) const
{
    const ImageEntry& entry = m_images->entry(row);
    return !entry.error.isEmpty() || (m_session ? entry.topClass >= 0 : entry.isDecoded);
}

int ImageSurvey::nextRow()
{
    while (!m_wanted.empty()) {
        const int row = m_wanted.front();
        m_wanted.pop_front();
        if (row < m_images->count() && !m_images->hasThumbnail(row) && m_images->entry(row).error.isEmpty())
            return row;
    }
    while (m_next < m_images->count() && isDone(m_next))
        ++m_next;
    return m_next < m_images->count() ? m_next : -1;
}

void ImageSurvey::resume()
{
    if (m_isStopped || !m_worker->isAccepting() || m_worker->isPending(kTag))
        return;
    const int row = nextRow();
    if (row < 0)
        return;
    const ImageEntry& entry = m_images->entry(row);
    // What is known already is not predicted again for the sake of a thumbnail.
    const auto session = entry.topClass < 0 ? m_session : nullptr;
    const auto work = [path = entry.path, pasted = entry.pasted, session](const JobContext& context) {
        return surveyJob(path, pasted, session, context);
    };
    m_worker->submit<SurveyedPicture>(
        kTag, QString(), work,
        [this, list = m_list, row, session](const JobOutcome<SurveyedPicture>& outcome) {
            onSurveyed(list, row, session, outcome);
        },
        JobPriority::Background);
}

void ImageSurvey::onSurveyed(int list, int row, const std::shared_ptr<const InferenceSession>& session,
                             const JobOutcome<SurveyedPicture>& outcome)
{
    if (list != m_list) {
        resume();
        return;
    }
    ImageEntry entry = m_images->entry(row);
    if (outcome.end == JobEnd::Failed)
        entry.error = outcome.message;
    if (outcome.end == JobEnd::Finished) {
        const SurveyedPicture& surveyed = outcome.value;
        entry.error = surveyed.error;
        entry.isDecoded = true;
        if (session && session == m_session && surveyed.topClass >= 0) {
            entry.topClass = surveyed.topClass;
            entry.topLabel = surveyed.topLabel;
            entry.confidence = surveyed.confidence;
            entry.trueClass = vis::classOfFolder(entry.path, session->config());
            if (entry.trueClass >= 0)
                entry.trueLabel = QString::fromStdString(session->config().label(entry.trueClass));
        }
        m_images->setThumbnail(row, surveyed.thumbnail);
    }
    if (outcome.end != JobEnd::Cancelled) {
        m_images->update(row, entry);
        if (!entry.error.isEmpty())
            Q_EMIT failed(entry.error);
    } else if (!m_isStopped) {
        m_wanted.push_back(row);  // it made way for a person's request and comes again
    }
    resume();
}

}  // namespace mixer::ui
