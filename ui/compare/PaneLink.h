// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <memory>

namespace mixer::ui {

class Canvas;
class CanvasPane;
class Comparison;

/// Puts the canvas of the other run beside the window's own for as long as there is a comparison: linked in pan, zoom,
/// hovering and selection, on one range of colours; or flipped, the second in place of the first.
class PaneLink : public QObject {
    Q_OBJECT
public:
    PaneLink(Comparison* comparison, CanvasPane* pane, QObject* parent = nullptr);
    ~PaneLink() override;

    /// Null: nothing is compared.
    Canvas* otherCanvas() const { return m_other.get(); }
    /// The first shows what the second shows.
    void setFlipped(bool on);
    bool isFlipped() const { return m_isFlipped; }

Q_SIGNALS:
    void flippedChanged(bool on);

private:
    void onOtherChanged();
    void wire();
    void refresh();
    void refreshRanges();
    void refreshSubtrahend();
    Canvas* first() const;
    Canvas* second() const;

    Comparison* m_comparison;
    CanvasPane* m_pane;
    Canvas* m_main;
    std::unique_ptr<Canvas> m_other;
    bool m_isFlipped = false;
    bool m_showsDifference = false;
};

}  // namespace mixer::ui
