/* GM_API_GROUP(symbol): every group of routes, in the order of the document. */
GM_API_GROUP(api_session)
GM_API_GROUP(api_holes)
GM_API_GROUP(api_quality)
GM_API_GROUP(api_labels)
GM_API_GROUP(api_review)
GM_API_GROUP(api_users)
GM_API_GROUP(api_document)
