/* GM_COMMAND(symbol): every command, in the order of --help. */
GM_COMMAND(cli_prepare)
GM_COMMAND(cli_train)
GM_COMMAND(cli_evaluate)
GM_COMMAND(cli_predict)
GM_COMMAND(cli_export)
GM_COMMAND(cli_labels_export)
GM_COMMAND(cli_labels_import)
GM_COMMAND(cli_simulate)
