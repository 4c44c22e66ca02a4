// The first source of this target is on its way.
