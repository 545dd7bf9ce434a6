// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace mixer::ui {

/// A file that a session names is not there: find it, go on without it, or stop.
class MissingFileDialog : public QDialog {
    Q_OBJECT
public:
    struct Answer {
        QString path;  ///< where it is now; empty: without it
        bool isGivenUp = false;
        bool isForAll = false;  ///< without the others that are missing, too
    };
    /// Blocks until there is an answer. `others`: how many more are missing.
    static Answer ask(QWidget* parent, const QString& file, bool isModel, int others);

private:
    MissingFileDialog(QWidget* parent, const QString& file, bool isModel, int others);
    void find();

    QString m_file;
    bool m_isModel;
    Answer m_answer;
};

}  // namespace mixer::ui
