/* GM_COMMAND(symbol): every command, in the order of --help. */
GM_COMMAND(cli_simulate)
GM_COMMAND(cli_prepare)
GM_COMMAND(cli_labels_export)
GM_COMMAND(cli_labels_import)
