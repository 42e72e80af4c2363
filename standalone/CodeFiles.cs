using System.Text;
using JobSystem.Api;
using JobSystem.Client;
using Microsoft.Extensions.Options;

namespace JobSystem.Standalone;

/// <summary>Writes code for the tasks of a running system.</summary>
static class CodeFiles
{
    const int Failed = 1;
    const int PageSize = 1000;
    public const string UrlSetting = "JOBSYSTEM_URL";
    public const string KeySetting = "JOBSYSTEM_API_KEY";

    /// <param name="url">Address of the system; null for that of the environment.</param>
    /// <param name="key">An API key of it; null for that of the environment.</param>
    /// <param name="names">Names of the tasks; none for all.</param>
    /// <param name="output">The file; null for standard output.</param>
    /// <param name="write">Writes the code.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> Generate(
        string? url, string? key, IReadOnlyList<string> names, FileInfo? output, Func<IReadOnlyList<RegisteredTask>, string> write,
        CancellationToken cancellationToken)
    {
        try
        {
            using var client = new JobSystemClient(new JobSystemClientOptions
            {
                Url = url ?? Environment.GetEnvironmentVariable(UrlSetting) ?? "",
                ApiKey = key ?? Environment.GetEnvironmentVariable(KeySetting),
                Patience = TimeSpan.Zero,
            });
            var tasks = Choose(await ListAll(client, cancellationToken), names);
            await Write(output, write(tasks), cancellationToken);
            if (output is not null)
            {
                Console.WriteLine($"{output}: {tasks.DistinctBy(x => x.Name).Count()} tasks");
            }
            return 0;
        }
        catch (Exception error) when (
            error is JobSystemException or OptionsValidationException or UnknownTaskException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return Failed;
        }
    }

    static async Task<List<RegisteredTask>> ListAll(JobSystemClient client, CancellationToken cancellationToken)
    {
        var all = new List<RegisteredTask>();
        while (true)
        {
            var page = await client.Tasks.List(PageSize, all.Count, cancellationToken);
            all.AddRange(page.Items);
            if (page.Items.Count == 0 || all.Count >= page.Total)
            {
                return all;
            }
        }
    }

    static List<RegisteredTask> Choose(List<RegisteredTask> tasks, IReadOnlyList<string> names) =>
        names.Where(x => !tasks.Exists(y => y.Name == x)).ToList() is { Count: > 0 } unknown
            ? throw new UnknownTaskException($"--task: no worker has announced {string.Join(", ", unknown)}; there are "
                + string.Join(", ", tasks.Select(x => x.Name).Distinct().Order(StringComparer.Ordinal).DefaultIfEmpty("none")))
            : names.Count == 0 ? tasks : tasks.FindAll(x => names.Contains(x.Name));

    static async Task Write(FileInfo? output, string code, CancellationToken cancellationToken)
    {
        if (output is null)
        {
            Console.Write(code);
            return;
        }
        output.Directory?.Create();
        await File.WriteAllTextAsync(output.FullName, code, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
    }

    sealed class UnknownTaskException(string message) : Exception(message);
}
