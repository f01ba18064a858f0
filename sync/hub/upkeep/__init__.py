"""What a hub does for itself: jobs, months, backups, figures, its log."""
