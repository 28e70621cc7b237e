"""What is seen in videos: frames in a process with limits, scenes, objects found by what they are called."""
