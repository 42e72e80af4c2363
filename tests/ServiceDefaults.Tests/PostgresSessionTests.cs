using JobSystem.ServiceDefaults.Postgres;
using JobSystem.Support;
using Npgsql;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class PostgresSessionTests
{
    [Theory]
    [InlineData("idle_in_transaction_session_timeout", "5s")]
    [InlineData("lock_timeout", "3s")]
    [InlineData("tcp_keepalives_idle", "10")]
    [InlineData("tcp_keepalives_interval", "5")]
    [InlineData("tcp_keepalives_count", "3")]
    [InlineData("tcp_user_timeout", "20000")]
    [InlineData("plan_cache_mode", "force_custom_plan")]
    [InlineData("search_path", "mine")]
    [InlineData("application_name", "billing")]
    public async Task Settings_AreThoseOfTheSession(string name, string value)
    {
        var server = await PostgresServer.Shared();

        var settings = PostgresSession.Settings($"{server.Url}?options=-c%20search_path%3Dmine", "billing",
            "-c plan_cache_mode=force_custom_plan");

        await using var source = NpgsqlDataSource.Create(settings);
        await using var command = source.CreateCommand($"show {name}");
        Assert.Equal(value, await command.ExecuteScalarAsync());
        Assert.True(settings.TcpKeepAlive);
    }
}
