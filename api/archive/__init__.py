"""The archive: the files of vehicles, as an audit office keeps them, with their rubbings."""
