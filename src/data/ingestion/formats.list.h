/* GM_FORMAT(symbol): every format, tried in this order. */
GM_FORMAT(gm_format_setitec)
GM_FORMAT(gm_format_section_json)
GM_FORMAT(gm_format_opcua_json)
