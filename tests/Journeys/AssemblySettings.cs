// Every deployment takes the machine's cores for itself, and several tests measure time: one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
