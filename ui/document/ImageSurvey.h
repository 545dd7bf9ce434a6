// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"
#include "ui/document/ImageListModel.h"
#include "ui/document/InferenceWorker.h"
#include "ui/document/Inspection.h"

#include <QObject>

#include <deque>
#include <memory>

namespace mixer::ui {

/// Fills the list of images while nothing else is to do: what the model says about each, and thumbnails of the rows
/// that are drawn, these first. GUI thread.
class ImageSurvey : public QObject {
    Q_OBJECT
public:
    ImageSurvey(ImageListModel* images, InferenceWorker* worker, QObject* parent);

    /// Every row again: another model predicts something else. Null: thumbnails alone.
    void setSession(const std::shared_ptr<const InferenceSession>& session);
    /// There may be more to do.
    void resume();
    void stop() { m_isStopped = true; }

Q_SIGNALS:
    /// An image cannot be shown.
    void failed(const QString& message);

private:
    void onThumbnailWanted(int row);
    /// The next row with something to find out; -1: none.
    int nextRow();
    bool isDone(int row) const;
    void onSurveyed(int row, const std::shared_ptr<const InferenceSession>& session,
                    const JobOutcome<SurveyedPicture>& outcome);

    ImageListModel* m_images;
    InferenceWorker* m_worker;
    std::shared_ptr<const InferenceSession> m_session;
    std::deque<int> m_wanted;  ///< rows whose thumbnail was asked for, newest first
    int m_next = 0;            ///< rows before it have been predicted
    bool m_isStopped = false;
};

}  // namespace mixer::ui
