/* GM_FORMAT(symbol): every format, tried in this order. */
GM_FORMAT(gm_format_setitec)
