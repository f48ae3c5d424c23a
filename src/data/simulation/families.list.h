/* GM_FAMILY(symbol): every family of holes, in the order in which holes are shared out. */
GM_FAMILY(family_cfrp_ti_two_step)
GM_FAMILY(family_cfrp_al_two_step)
GM_FAMILY(family_cfrp_al_single_step)
GM_FAMILY(family_cfrp_ti_micropeck)
GM_FAMILY(family_cfrp_metal_three_step)
GM_FAMILY(family_cfrp_ti_four_step)
GM_FAMILY(family_single_layer)
