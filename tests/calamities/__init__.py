"""What a library goes through in the worst hours: power cuts, full disks, damaged files."""
