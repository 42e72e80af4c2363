using System.CommandLine;
using JobSystem.Api;
using JobSystem.Client.CodeGeneration;
using JobSystem.ServiceDefaults.Access;

namespace JobSystem.Standalone;

/// <summary>The options of the one-process system.</summary>
static class CommandLine
{
    public static RootCommand Create()
    {
        var urls = new Option<string>("--urls") { Description = "Address to listen on.", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the database file, the API key and the signing key; of the keys only with --postgres, where processes may share it.", DefaultValueFactory = _ => new("data") };
        var ephemeral = new Option<bool>("--ephemeral") { Description = "Keep nothing: the data folder is a temporary one and is removed at the end." };
        var postgres = new Option<string?>("--postgres")
        {
            Description = "Keep jobs and schedules in this PostgreSQL database, which any number of processes may have in common: postgresql://user:password@host:port/database.",
        };
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
        var command = new RootCommand("JobSystem in one process: API, scheduler, dashboard and executor, with a SQLite file or a PostgreSQL database.")
        {
            urls, data, ephemeral, postgres, slots, Token(), Generate(),
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(ephemeral) && result.GetValue(postgres) is not null)
            {
                result.AddError("--ephemeral: expected without --postgres, whose data stay");
            }
        });
        command.SetAction((parsed, cancellationToken) => StandaloneHost.Run(
            new Uri(parsed.GetValue(urls)!), parsed.GetValue(data)!, parsed.GetValue(ephemeral), parsed.GetValue(postgres), parsed.GetValue(slots), cancellationToken));
        return command;
    }

    static Command Token()
    {
        var user = new Option<string>("--user") { Description = "Whom the token speaks for: jobs and schedules of this owner are the caller's own.", Required = true };
        var permissions = new Option<string[]>("--permissions")
        {
            Description = $"What else it may do, separated by commas: {string.Join(", ", Permissions.Words)}. Without: only its own jobs and schedules.",
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        var life = new Option<string>("--expires-in") { Description = $"How long it is valid: {Tokens.ExpectedLife}.", DefaultValueFactory = _ => "1h" };
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the signing key; it may be in use.", DefaultValueFactory = _ => new("data") };
        user.Validators.Add(result =>
        {
            if (!CallerScope.IsOwner(result.GetValueOrDefault<string>()))
            {
                result.AddError($"--user: expected {CallerScope.ExpectedOwner}; got '{result.GetValueOrDefault<string>()}'");
            }
        });
        permissions.Validators.Add(result =>
        {
            foreach (var word in Words(result.GetValueOrDefault<string[]>()).Except(Permissions.Words))
            {
                result.AddError($"--permissions: expected some of {string.Join(", ", Permissions.Words)}; got '{word}'");
            }
        });
        life.Validators.Add(result =>
        {
            if (Tokens.Life(result.GetValueOrDefault<string>()) is null)
            {
                result.AddError($"--expires-in: expected {Tokens.ExpectedLife}, at most 366d; got '{result.GetValueOrDefault<string>()}'");
            }
        });
        var command = new Command("token", "Print a token (Authorization: Bearer) signed with the key of the data folder, or with Auth__Jwt__SigningKey when that is set.") { user, permissions, life, data };
        command.SetAction(parsed => Tokens.Issue(
            parsed.GetValue(user)!, Words(parsed.GetValue(permissions)), Tokens.Life(parsed.GetValue(life))!.Value, parsed.GetValue(data)!));
        return command;
    }

    static Command Generate()
    {
        var url = new Option<string?>("--url") { Description = $"Address of the system whose tasks are read. Without: {CodeFiles.UrlSetting} of the environment." };
        var key = new Option<string?>("--key") { Description = $"An API key of it. Without: {CodeFiles.KeySetting} of the environment." };
        var tasks = new Option<string[]>("--task") { Description = "Only this task; may be given more than once.", DefaultValueFactory = _ => [] };
        var output = new Option<FileInfo?>("--output") { Description = "The file to write. Without: standard output." };
        var name = new Option<string>("--namespace") { Description = "Namespace of the records.", DefaultValueFactory = _ => "Jobs" };
        name.Validators.Add(result =>
        {
            if (!TaskCode.IsNamespace(result.GetValueOrDefault<string>()))
            {
                result.AddError($"--namespace: expected a namespace such as Shop.Jobs; got '{result.GetValueOrDefault<string>()}'");
            }
        });
        var csharp = new Command("csharp", "Write a record for each task, for the package JobSystem.Client.") { url, key, tasks, output, name };
        csharp.SetAction((parsed, cancellationToken) => Run(parsed, x => TaskCode.ToCSharp(x, parsed.GetValue(name)!), cancellationToken));
        var typescript = new Command("typescript", "Write types and functions for each task, for the package @jobsystem/client.") { url, key, tasks, output };
        typescript.SetAction((parsed, cancellationToken) => Run(parsed, TaskCode.ToTypeScript, cancellationToken));
        return new("generate", "Write code for jobs of the tasks that workers have announced.") { csharp, typescript };

        Task<int> Run(ParseResult parsed, Func<IReadOnlyList<RegisteredTask>, string> write, CancellationToken cancellationToken) => CodeFiles.Generate(
            parsed.GetValue(url), parsed.GetValue(key), parsed.GetValue(tasks)!, parsed.GetValue(output), write, cancellationToken);
    }

    static string[] Words(string[]? given) =>
        [.. (given ?? []).SelectMany(x => x.Split([',', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];
}
