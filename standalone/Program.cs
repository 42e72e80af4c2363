using JobSystem.Standalone;

// The host itself listens to Ctrl-C and SIGTERM, and takes the time that it needs
return await CommandLine.Create().Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = null });
