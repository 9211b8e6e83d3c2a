// ntimage.h: the format of images.
#pragma once

#include "shared/image.h"
