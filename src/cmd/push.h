/*
 * push.h - canh ledger push: a witness is sent what it has not seen yet of a store's ledger.
 */
#ifndef CMD_PUSH_H
#define CMD_PUSH_H

#include "cmd/command.h"

command_fn ledger_push;

#endif
