// Everything of the language that C++ code may use: conversions, roots, errors, callbacks.
#pragma once

#include "rung/callback.hpp"
#include "rung/collections.hpp"
#include "rung/convert.hpp"
#include "rung/error.hpp"
#include "rung/runtime.hpp"
