"""What each age band buys: kept at the lane where the shop wants it, filed by day, and analysed."""
