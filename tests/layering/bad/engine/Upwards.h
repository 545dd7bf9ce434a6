// SPDX-License-Identifier: MIT
#include "visualizers/Figure.h"
#  include <QtCore/qstring.h>
