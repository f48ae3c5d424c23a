GM_LOSS(gm_loss_heatmap)
GM_LOSS(gm_loss_mse_heatmap)
GM_LOSS(gm_loss_focal_mse_heatmap)
#undef GM_LOSS
