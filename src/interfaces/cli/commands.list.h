/* GM_COMMAND(symbol): every command, in the order of --help. */
