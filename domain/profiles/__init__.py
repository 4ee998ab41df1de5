"""What people show of themselves: photos, interests, likes, links; the phones they use."""
