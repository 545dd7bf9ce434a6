// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureExport.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace mixer::ui {

class InspectionDocument;
class Settings;

/// Which figure, how large, where to. Stays open when the file cannot be written and says why.
class ExportDialog : public QDialog {
    Q_OBJECT
public:
    ExportDialog(InspectionDocument* document, Settings* settings, const QString& figureId, QWidget* parent);

    /// For people: "Gates of each lane".
    static QString figureName(const QString& figureId);

Q_SIGNALS:
    void exported(const QString& path);

private:
    void browse();
    void proposePath();
    void onFigureChanged();
    void onFormatChanged();
    /// Only the scan over the image moves.
    void fillFormats();
    bool isAnimation() const;
    void onPathEdited();
    void writeFile();
    QString format() const;
    QString figureId() const;
    vis::ExportOptions options() const;

    InspectionDocument* m_document;
    Settings* m_settings;
    QComboBox* m_figure;
    QComboBox* m_format;
    QComboBox* m_width;
    QSpinBox* m_dpi;
    QComboBox* m_theme;
    QCheckBox* m_title;
    QCheckBox* m_caption;
    QCheckBox* m_transparent;
    QCheckBox* m_recipe;
    QLineEdit* m_path;
    QLabel* m_problem;
    QPushButton* m_export;
    int m_otherDpi = 100;          ///< of animations while a still picture is chosen, and the other way round
    bool m_isDpiOfScreen = false;  ///< that of animations is shown
    bool m_isOverwriteAgreed = false;
};

}  // namespace mixer::ui
