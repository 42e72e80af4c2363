using System.Text.RegularExpressions;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>What docs/outbox.md shows compiles and runs.</summary>
public sealed partial class OutboxPageTests
{
    [Fact]
    public void Blocks_OfThePage_AreInTheCode()
    {
        var code = CodeBlocks.OfSource("tests", "Client.EntityFrameworkCore.Tests", "OutboxPage.cs");
        var blocks = CodeBlocks.OfDocument("docs", "outbox.md");

        Assert.True(blocks.Count >= 7, $"{blocks.Count} blocks");
        Assert.All(blocks, x => Assert.Contains(x, code, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Code_OfThePage_Runs()
    {
        await using var database = await (await PostgresServer.Shared()).CreateDatabase();
        await using var api = await FakeApi.Start();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Configuration["JOBSYSTEM_URL"] = api.Url;
        builder.Configuration["JOBSYSTEM_API_KEY"] = "a-key";
        OutboxPage.Add(builder, database.ConnectionString);
        OutboxPage.AddWithOptions(builder);
        await using var app = builder.Build();
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<OutboxPage.ShopDb>();
        await db.Database.EnsureCreatedAsync();
        foreach (var relay in app.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>())
        {
            await relay.StartAsync(default);
        }

        OutboxPage.EnqueueUntyped(db);
        var id = await new OutboxPage.Checkout(db).Finish(9.5m, default);

        await Eventually.Holds(() => api.Accepted.Count == 2 && api.Accepted.ContainsKey(id));
        await Eventually.Holds(async () => await db.Set<OutboxJob>().CountAsync(x => x.State == OutboxStates.Posted) == 2);
        foreach (var relay in app.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>())
        {
            await relay.StopAsync(default);
        }
        await db.Database.ExecuteSqlRawAsync("update job_outbox set state = 'refused', error = 'wrong'");
        Assert.Equal(2, (await OutboxPage.FindRefused(db, default)).Count);
        await db.Database.ExecuteSqlRawAsync(Sql().Match(Page).Groups[1].Value);
        Assert.Empty(await OutboxPage.FindRefused(db, default));
    }

    [Fact]
    public void Options_OfThePage_AreThoseOfTheCode() => Assert.Equal(
        typeof(OutboxOptions).GetProperties().Select(x => x.Name).Order(StringComparer.Ordinal),
        Option().Matches(Page).Select(x => x.Groups[1].Value).Order(StringComparer.Ordinal));

    [Fact]
    public void States_OfThePage_AreThoseOfTheCode() => Assert.Equal(
        typeof(OutboxStates).GetFields().Select(x => (string)x.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        State().Matches(Page).Select(x => x.Groups[1].Value).Order(StringComparer.Ordinal));

    static string Page => File.ReadAllText(Path.Combine(Repository.Root, "docs", "outbox.md"));

    [GeneratedRegex("```sql\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sql();

    [GeneratedRegex(@"^\| `([A-Z]\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Option();

    [GeneratedRegex(@"^\| `([a-z_]+)` \| [^|]+\|$", RegexOptions.Multiline)]
    private static partial Regex State();
}
