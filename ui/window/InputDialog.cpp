// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/InputDialog.h"

#include "ui/document/MemoryRoom.h"
#include "ui/theme/Theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

namespace mixer::ui {

namespace {

constexpr int kDecimals = 6;

QSpinBox* sideBox(const QString& name, QWidget* parent)
{
    auto* box = new QSpinBox(parent);
    box->setObjectName(name);
    box->setRange(4, 16384);
    box->setSuffix(InputDialog::tr(" px"));
    return box;
}

QDoubleSpinBox* numberBox(const QString& name, double least, double most, QWidget* parent)
{
    auto* box = new QDoubleSpinBox(parent);
    box->setObjectName(name);
    box->setDecimals(kDecimals);
    box->setRange(least, most);
    box->setSingleStep(0.01);
    return box;
}

QHBoxLayout* rowOf(const QList<QWidget*>& widgets)
{
    auto* row = new QHBoxLayout;
    for (QWidget* widget : widgets)
        row->addWidget(widget);
    return row;
}

/// None where the two are the same number in this dialog's precision.
template <typename Value> std::optional<Value> differing(const Value& entered, const Value& configured)
{
    return entered == configured ? std::nullopt : std::optional<Value>(entered);
}

}  // namespace

InputDialog::InputDialog(std::shared_ptr<const InferenceSession> session, const SessionOptions& options,
                         QWidget* parent)
    : QDialog(parent)
    , m_session(std::move(session))
    , m_options(options)
    , m_configured(m_session->configuredPreprocessing())
    , m_height(sideBox(QStringLiteral("inputHeight"), this))
    , m_width(sideBox(QStringLiteral("inputWidth"), this))
    , m_mode(new QComboBox(this))
    , m_crop(numberBox(QStringLiteral("inputCrop"), 0.1, 1, this))
    , m_labels(new QLineEdit(this))
    , m_memory(new QLabel(this))
{
    setObjectName(QStringLiteral("inputDialog"));
    setWindowTitle(tr("Input and labels"));
    m_mode->setObjectName(QStringLiteral("inputMode"));
    m_mode->setAccessibleName(tr("Crop"));
    m_mode->addItem(tr("Centre crop, keeping"), static_cast<int>(ResizeMode::Crop));
    m_mode->addItem(tr("Stretch the whole picture"), static_cast<int>(ResizeMode::Stretch));
    m_mode->addItem(tr("Whole picture in its own size"), static_cast<int>(ResizeMode::Whole));
    m_crop->setDecimals(3);
    m_crop->setToolTip(tr("The part of the resized picture's side that the network sees"));
    connect(m_mode, &QComboBox::currentIndexChanged, this, [this] {
        const auto mode = static_cast<ResizeMode>(m_mode->currentData().toInt());
        m_crop->setEnabled(mode == ResizeMode::Crop);
        m_height->setEnabled(mode != ResizeMode::Whole);
        m_width->setEnabled(mode != ResizeMode::Whole);
    });
    for (std::size_t i = 0; i < 3; ++i) {
        const QString channel = QStringLiteral("RGB").mid(static_cast<int>(i), 1);
        m_mean[i] = numberBox(QStringLiteral("inputMean") + channel, -1000, 1000, this);
        m_std[i] = numberBox(QStringLiteral("inputStd") + channel, 1e-6, 1000, this);
    }
    m_labels->setObjectName(QStringLiteral("inputLabels"));
    m_labels->setPlaceholderText(tr("The checkpoint's own"));
    m_labels->setClearButtonEnabled(true);
    m_labels->setText(QFile::decodeName(options.labels.c_str()));
    auto* choose = new QPushButton(tr("Choose…"), this);
    choose->setAutoDefault(false);
    connect(choose, &QPushButton::clicked, this, [this] {
        const QString file = QFileDialog::getOpenFileName(this, tr("Names of the classes"), m_labels->text(),
                                                          tr("Names (*.txt *.json *.csv);;All files (*)"));
        if (!file.isEmpty())
            m_labels->setText(file);
    });
    auto* form = new QFormLayout(this);
    form->addRow(tr("Height, width"), rowOf({m_height, m_width}));
    form->addRow(tr("Crop"), rowOf({m_mode, m_crop}));
    form->addRow(tr("Mean (R, G, B)"), rowOf({m_mean[0], m_mean[1], m_mean[2]}));
    form->addRow(tr("Std (R, G, B)"), rowOf({m_std[0], m_std[1], m_std[2]}));
    form->addRow(tr("Labels"), rowOf({m_labels, choose}));
    m_memory->setObjectName(QStringLiteral("inputMemory"));
    m_memory->setWordWrap(true);
    form->addRow(tr("Memory"), m_memory);
    auto* buttons = new QDialogButtonBox(
        QDialogButtonBox::Ok | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    for (QAbstractButton* button : buttons->buttons())
        button->setIcon(QIcon());
    QPushButton* restore = buttons->button(QDialogButtonBox::RestoreDefaults);
    restore->setText(tr("As configured"));
    connect(restore, &QPushButton::clicked, this, [this] {
        show(m_configured);
        m_labels->clear();
    });
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    form->addRow(buttons);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    show(m_session->preprocessing());
    for (QSpinBox* box : {m_height, m_width})
        connect(box, &QSpinBox::valueChanged, this, &InputDialog::refreshMemory);
    connect(m_mode, &QComboBox::currentIndexChanged, this, &InputDialog::refreshMemory);
    refreshMemory();
}

void InputDialog::refreshMemory()
{
    const PreprocessOptions now = entered();
    const bool isWhole = now.mode == ResizeMode::Whole;
    const int maxSide = m_options.preprocess.maxSide.value_or(now.maxSide);
    const MemoryRoom room = memoryRoom(*m_session, isWhole ? maxSide : now.height, isWhole ? maxSide : now.width,
                                       elementBytes(m_options.precision));
    const QString fitting
        = isWhole ? tr("at most %1, for a square picture of %2 pixels").arg(room.text()).arg(maxSide) : room.text();
    m_memory->setText(room.fits() ? fitting : room.refusal());
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText,
                    room.fits() ? colors.color(QPalette::PlaceholderText) : figureStyleFor(*this).highlight);
    m_memory->setPalette(colors);
    // A picture in its own size is judged when it is run: most are smaller.
    m_ok->setEnabled(room.fits() || isWhole);
}

void InputDialog::show(const PreprocessOptions& preprocess)
{
    m_height->setValue(preprocess.height);
    m_width->setValue(preprocess.width);
    m_mode->setCurrentIndex(m_mode->findData(static_cast<int>(preprocess.mode)));
    m_crop->setValue(preprocess.cropFraction);
    for (std::size_t i = 0; i < 3; ++i) {
        m_mean[i]->setValue(static_cast<double>(preprocess.mean[i]));
        m_std[i]->setValue(static_cast<double>(preprocess.std[i]));
    }
}

PreprocessOptions InputDialog::entered() const
{
    // Six decimals in a field stand for a float32; the nearest is the configuration's own where nothing was changed.
    PreprocessOptions result = m_configured;
    result.height = m_height->value();
    result.width = m_width->value();
    result.mode = static_cast<ResizeMode>(m_mode->currentData().toInt());
    const auto keepOrTake = [](const QDoubleSpinBox* box, double configured) {
        const QString shown = box->textFromValue(configured);
        return box->textFromValue(box->value()) == shown ? configured : box->value();
    };
    result.cropFraction = keepOrTake(m_crop, m_configured.cropFraction);
    for (std::size_t i = 0; i < 3; ++i) {
        result.mean[i] = static_cast<float>(keepOrTake(m_mean[i], static_cast<double>(m_configured.mean[i])));
        result.std[i] = static_cast<float>(keepOrTake(m_std[i], static_cast<double>(m_configured.std[i])));
    }
    return result;
}

SessionOptions InputDialog::chosen() const
{
    const PreprocessOptions now = entered();
    SessionOptions options = m_options;
    PreprocessOverrides& overrides = options.preprocess;
    const std::optional<int> maxSide = overrides.maxSide;
    overrides = {};
    overrides.maxSide = maxSide;
    if (now.height != m_configured.height || now.width != m_configured.width)
        overrides.size = PreprocessOverrides::Size{now.height, now.width};
    overrides.mode = differing(now.mode, m_configured.mode);
    overrides.mean = differing(now.mean, m_configured.mean);
    overrides.std = differing(now.std, m_configured.std);
    if (now.mode == ResizeMode::Crop)
        overrides.cropFraction = differing(now.cropFraction, m_configured.cropFraction);
    options.labels = QFile::encodeName(m_labels->text()).toStdString();
    return options;
}

}  // namespace mixer::ui
