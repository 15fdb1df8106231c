// All of it is in the header, to be compiled into the loops that call it.
#include "CByteScan.h"
