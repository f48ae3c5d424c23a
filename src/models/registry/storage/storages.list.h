/* GM_STORAGE(symbol): every place for artefacts. */
GM_STORAGE(local)
GM_STORAGE(s3)
