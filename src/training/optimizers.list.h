GM_OPTIMIZER(gm_optimizer_adamw)
#undef GM_OPTIMIZER
