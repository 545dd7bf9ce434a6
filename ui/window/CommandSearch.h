// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QDialog>

#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QListView;

namespace mixer::ui {

/// One thing that can be found by its name.
struct Findable {
    QString text;
    QString kind;     ///< "Command", "Panel", "Mixer", "Word" ...
    QString keys;     ///< its shortcut; may be empty
    QString details;  ///< rich text, shown while it is selected; may be empty
    bool isEnabled = true;
    std::function<void()> run;
};

/// How well a text answers a query: every word of the query must be in it, beginnings of words count most, letters in
/// their order ("sdn" in "State norm") least. 0: not at all. Case and accents do not matter.
int matchScore(const QString& query, const QString& text);

/// What matches, best first; everything, in its order, without a query.
class FindableModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { KindRole = Qt::UserRole, KeysRole };
    explicit FindableModel(std::vector<Findable> all, QObject* parent = nullptr);

    void setQuery(const QString& query);
    const Findable& at(int row) const;
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

private:
    std::vector<Findable> m_all;
    QStringList m_folded;  ///< their texts as they are compared
    std::vector<std::size_t> m_shown;
};

/// Type what you want, Enter does it. Closes with Esc, or when another window is clicked.
class CommandSearch : public QDialog {
    Q_OBJECT
public:
    CommandSearch(std::vector<Findable> all, QWidget* parent);

    FindableModel* model() const { return m_model; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void onQuery(const QString& query);
    void onCurrent();
    void run(int row);

    FindableModel* m_model;
    QLineEdit* m_query;
    QListView* m_list;
    QLabel* m_details;
};

}  // namespace mixer::ui
