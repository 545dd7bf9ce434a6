// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace mixer::vis {
struct PatchEffectMap;
}

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// What single patches from another image change, mixer by mixer and place by place. Measured when asked for, on the
/// worker; a click on a cell makes that patch an edit, another takes it away.
class PatchEffectsView : public QWidget {
    Q_OBJECT
public:
    explicit PatchEffectsView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* figure() const { return m_figure; }
    QPushButton* measureButton() const { return m_measure; }

private:
    void refresh();
    /// Not the shown image, which has nothing to give.
    void chooseAnother();
    void measure();
    /// "tabby-cat: 0.857 here, 0.001 there".
    QString classText(const vis::PatchEffectMap& map) const;
    void toggleAt(const QPointF& point);

    InspectionDocument* m_document = nullptr;
    QComboBox* m_source;
    QComboBox* m_part;
    QSpinBox* m_parts;
    QPushButton* m_measure;
    QComboBox* m_value;
    QLabel* m_hint;
    FigureView* m_figure;
};

}  // namespace mixer::ui
