"""The pages: HTML with gaps. What fills a gap is escaped unless it is HTML of ours."""
