using JobSystem.Standalone;

return await CommandLine.Create().Parse(args).InvokeAsync();
