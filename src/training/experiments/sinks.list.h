/* GM_SINK(symbol): who is told how a training goes. */
GM_SINK(gm_tensorboard_sink)
GM_SINK(gm_system_sink)
