using System.CommandLine;

namespace JobSystem.Standalone;

/// <summary>The options of the one-process system.</summary>
static class CommandLine
{
    public static RootCommand Create()
    {
        var urls = new Option<string>("--urls") { Description = "Address to listen on.", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the database file and the API key.", DefaultValueFactory = _ => new("data") };
        var ephemeral = new Option<bool>("--ephemeral") { Description = "Keep nothing: the data folder is a temporary one and is removed at the end." };
        var slots = new Option<int>("--slots") { Description = "Jobs that run at the same time.", DefaultValueFactory = _ => 8 };
        urls.Validators.Add(result =>
        {
            if (!Uri.TryCreate(result.GetValueOrDefault<string>(), UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            {
                result.AddError($"--urls: expected one address such as http://127.0.0.1:8080; got '{result.GetValueOrDefault<string>()}'");
            }
        });
        slots.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1000)
            {
                result.AddError($"--slots: expected 1 to 1000; got {result.GetValueOrDefault<int>()}");
            }
        });
        var command = new RootCommand("JobSystem in one process: API, life cycle and executor on a SQLite file and an in-memory bus.") { urls, data, ephemeral, slots };
        command.SetAction((parsed, cancellationToken) => StandaloneHost.Run(
            new Uri(parsed.GetValue(urls)!), parsed.GetValue(data)!, parsed.GetValue(ephemeral), parsed.GetValue(slots), cancellationToken));
        return command;
    }
}
