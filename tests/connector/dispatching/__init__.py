"""Documents from templates, without HTTP."""
