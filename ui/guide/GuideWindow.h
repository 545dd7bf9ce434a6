// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/guide/Guide.h"

#include <QList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QToolButton;
class QTreeWidget;
class QTreeWidgetItem;
class QUrl;

namespace mixer::ui {

class GuidePage;

/// The user guide: contents and search at the left, the chapter at the right, back and forward between what was read.
/// A window of its own, beside the one that it explains.
class GuideWindow : public QWidget {
    Q_OBJECT
public:
    explicit GuideWindow(QWidget* parent = nullptr);

    const Guide& guide() const { return m_guide; }
    GuidePage* page() const { return m_page; }
    /// The one that is shown.
    QString chapter() const;
    /// An unknown one shows the first.
    void showChapter(const QString& chapter, const QString& anchor = {});

private:
    struct Place {
        QString chapter;
        int scroll = 0;
    };
    void makeControls();
    void arrange();
    void fillContents();
    void addKeys();
    void follow(const QUrl& link);
    void go(int by);
    void read(const Place& place);
    void search(const QString& words);
    void openFound();
    void refreshControls();
    QTreeWidgetItem* itemOf(const QString& chapter) const;

    Guide m_guide;
    QLineEdit* m_search;
    QTreeWidget* m_contents;
    QToolButton* m_back;
    QToolButton* m_forward;
    QLabel* m_missing;
    GuidePage* m_page;
    QList<Place> m_places;  ///< what was read, oldest first
    int m_place = -1;       ///< which of them is shown
};

}  // namespace mixer::ui
