"""What the command line can ask for beside the till itself: demo, bench, screenshots."""
