#ifndef CTFLITE_H
#define CTFLITE_H

#endif
