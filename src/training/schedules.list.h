GM_SCHEDULE(gm_schedule_constant)
GM_SCHEDULE(gm_schedule_linear)
GM_SCHEDULE(gm_schedule_cosine)
#undef GM_SCHEDULE
