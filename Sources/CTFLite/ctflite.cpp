#include "ctflite.h"
